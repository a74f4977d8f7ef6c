//! Plots as SVG: what each table and matrix looks like. [`curve`] has growth, [`bars`] ratios by program, [`dots`]
//! several engines; here are the canvas and the logarithmic scale that they share. No numbers are made here.

mod bars;
mod curve;
mod dots;

use svg::Document;
use svg::node::element::{Line, Rectangle, Text};

use crate::report::{Plot, Shown};

/// Pixels that a plot is wide.
const WIDTH: f64 = 900.0;
/// Above a plot: its title, and the legend below that.
const TOP: f64 = 64.0;
const INK: &str = "#222222";
const FAINT: &str = "#dddddd";
/// Colours that are told apart by those who see fewer, too; this project's first.
const COLOURS: [&str; 10] =
    ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6b4c9a", "#777777", "#111111", "#8c564b"];

/// The plot of what is shown, if it has one: a whole SVG document.
pub fn svg(shown: &Shown) -> Option<String> {
    match shown {
        Shown::Table(table) => match table.plot {
            Plot::No => None,
            Plot::Ratios => bars::svg(table),
            Plot::Growth(axis) => curve::svg(table, axis),
        },
        Shown::Matrix(matrix) => dots::svg(matrix),
    }
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing that grows.
struct Canvas {
    document: Document,
}

impl Canvas {
    fn new(height: f64, title: &str) -> Canvas {
        let document = Document::new()
            .set("viewBox", (0.0, 0.0, WIDTH, height))
            .set("width", WIDTH)
            .set("height", height)
            .set("font-family", "Helvetica, Arial, DejaVu Sans, sans-serif")
            .set("font-size", 13)
            .add(Rectangle::new().set("width", WIDTH).set("height", height).set("fill", "white"));
        let mut canvas = Canvas { document };
        let title = Text::new(title).set("x", 16).set("y", 24).set("font-size", 16).set("font-weight", "bold");
        canvas.document = canvas.document.add(title.set("fill", INK));
        canvas
    }

    fn add(&mut self, node: impl svg::Node) {
        svg::Node::append(&mut self.document, node);
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        // Lowered by half the height of small letters: few programs know a baseline in the middle.
        let text = Text::new(text).set("x", round(x)).set("y", round(y + 4.5));
        self.add(text.set("text-anchor", anchor).set("fill", INK));
    }

    /// A text that is read from below, for the axis that goes up.
    fn text_upwards(&mut self, (x, y): (f64, f64), text: &str) {
        let turn = format!("translate({} {}) rotate(-90)", round(x), round(y));
        self.add(Text::new(text).set("transform", turn).set("text-anchor", "middle").set("fill", INK));
    }

    fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), colour: &str, width: f64) {
        self.add(
            Line::new()
                .set("x1", round(x1))
                .set("y1", round(y1))
                .set("x2", round(x2))
                .set("y2", round(y2))
                .set("stroke", colour)
                .set("stroke-width", width),
        );
    }

    /// Names of series with their colours, in one line below the title, so that no data is covered.
    fn legend(&mut self, names: &[(&str, &str)]) {
        let mut x = 16.0;
        for (name, colour) in names {
            let mark = Rectangle::new().set("x", x).set("y", 39).set("width", 14).set("height", 10);
            self.add(mark.set("fill", *colour));
            self.text((x + 20.0, 44.0), Anchor::Start, name);
            x += 38.0 + text_width(std::iter::once(*name));
        }
    }

    fn finish(self) -> String {
        self.document.to_string()
    }
}

/// Pixels for the longest of some texts, about: no font is asked.
fn text_width<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    7.2 * texts.map(|text| text.chars().count()).max().unwrap_or(0) as f64
}

/// Tenths of pixels are enough.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A logarithmic scale from values to pixels.
struct LogScale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl LogScale {
    /// For all values, which must be above 0, between two pixels; nothing without values.
    fn new(values: impl Iterator<Item = f64>, start: f64, end: f64) -> Option<LogScale> {
        let (from, to) = values
            .filter(|value| *value > 0.0 && value.is_finite())
            .fold((f64::INFINITY, 0.0_f64), |(from, to), value| (from.min(value), to.max(value)));
        // A little room, so that no point lies on an axis.
        (from <= to).then(|| LogScale { from: from / 1.3, to: to * 1.3, start, end })
    }

    fn at(&self, value: f64) -> f64 {
        let part = (value / self.from).ln() / (self.to / self.from).ln();
        self.start + part * (self.end - self.start)
    }

    /// Round values to mark, few enough to be read: powers of ten, with halves and fifths if there are few of those.
    fn ticks(&self) -> Vec<f64> {
        let decades = (self.to / self.from).log10();
        let steps: &[f64] = match decades {
            few if few < 0.5 => &[1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
            some if some < 1.2 => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
            more if more < 3.0 => &[1.0, 2.0, 5.0],
            _ => &[1.0],
        };
        let (first, last) = (self.from.log10().floor() as i32, self.to.log10().ceil() as i32);
        let every = if decades > 9.0 { 2 } else { 1 };
        (first..=last)
            .step_by(every)
            .flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)))
            .filter(|tick| (self.from..=self.to).contains(tick))
            .collect()
    }
}

/// A value at an axis: 0.5, 20, 3k, 1M.
fn label(value: f64) -> String {
    let (scaled, suffix) = match value {
        v if v >= 1e9 => (v / 1e9, "G"),
        v if v >= 1e6 => (v / 1e6, "M"),
        v if v >= 1e3 => (v / 1e3, "k"),
        v => (v, ""),
    };
    let digits = format!("{scaled:.6}");
    format!("{}{suffix}", digits.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short() {
        assert_eq!(label(0.05), "0.05");
        assert_eq!(label(20.0), "20");
        assert_eq!(label(3200.0), "3.2k");
        assert_eq!(label(1e6), "1M");
    }

    #[test]
    fn a_scale_spans_its_values_with_few_marks() {
        let scale = LogScale::new([1.0, 1e7].into_iter(), 0.0, 100.0).unwrap();
        assert!(scale.at(1.0) > 0.0 && scale.at(1e7) < 100.0 && scale.at(10.0) < scale.at(100.0));
        assert!((5..10).contains(&scale.ticks().len()), "{:?}", scale.ticks());
        let narrow = LogScale::new([0.9, 1.1].into_iter(), 0.0, 100.0).unwrap();
        assert!((2..10).contains(&narrow.ticks().len()), "{:?}", narrow.ticks());
        assert!(LogScale::new([0.0].into_iter(), 0.0, 1.0).is_none());
    }
}
