//! Several engines: a line for each program, on it a dot for each engine, at its ratio to the first engine; the
//! geometric means last.

use svg::node::element::Circle;

use super::{Anchor, COLOURS, Canvas, FAINT, INK, LogScale, TOP, WIDTH, label, round, text_width};
use crate::report::Matrix;

/// Pixels of a row.
const ROW: f64 = 24.0;
const RIGHT: f64 = WIDTH - 30.0;
/// Below the rows: the axis.
const FOOT: f64 = 66.0;

/// The plot; nothing of a matrix that compares nothing.
pub fn svg(matrix: &Matrix) -> Option<String> {
    if matrix.columns.len() < 2 {
        return None;
    }
    let ratios = |cells: &[Option<crate::stats::Stats>]| -> Vec<Option<f64>> {
        let first = cells.first().copied().flatten().map(|stats| stats.median).filter(|median| *median > 0.0);
        cells.iter().map(|cell| Some(cell.as_ref()?.median / first?).filter(|ratio| *ratio > 0.0)).collect()
    };
    let mut rows: Vec<(&str, Vec<Option<f64>>)> =
        matrix.rows.iter().map(|(name, cells)| (name.as_str(), ratios(cells))).collect();
    rows.push(("geometric mean", matrix.means().into_iter().map(|(mean, _)| mean).collect()));
    let left = 26.0 + text_width(rows.iter().map(|(name, _)| *name));
    let x = LogScale::new(rows.iter().flat_map(|(_, ratios)| ratios.iter().copied().flatten()), left, RIGHT)?;
    let bottom = TOP + ROW * rows.len() as f64 + 6.0;
    let mut canvas = Canvas::new(bottom + FOOT, &matrix.title);
    let colours = colours(&matrix.columns);
    let names: Vec<(&str, &str)> = matrix.columns.iter().map(String::as_str).zip(colours.iter().copied()).collect();
    canvas.legend(&names);
    for tick in x.ticks() {
        canvas.line((x.at(tick), TOP), (x.at(tick), bottom), FAINT, 1.0);
        canvas.text((x.at(tick), bottom + 14.0), Anchor::Middle, &label(tick));
    }
    for (index, (name, ratios)) in rows.iter().enumerate() {
        let y = TOP + ROW * (index as f64 + 0.5) + 3.0;
        let is_mean = index + 1 == rows.len();
        canvas.line((left, y), (RIGHT, y), if is_mean { INK } else { FAINT }, 1.0);
        canvas.text((left - 10.0, y), Anchor::End, name);
        // The first columns lie on top.
        for (ratio, colour) in ratios.iter().zip(&colours).rev() {
            let Some(ratio) = ratio else { continue };
            let dot = Circle::new().set("cx", round(x.at(*ratio))).set("cy", round(y));
            canvas.add(dot.set("r", if is_mean { 7.0 } else { 5.0 }).set("fill", *colour).set("fill-opacity", 0.85));
        }
    }
    let axis = format!("times {} ({}), logarithmic; left is better", matrix.columns[0], matrix.unit);
    canvas.text(((left + RIGHT) / 2.0, bottom + 42.0), Anchor::Middle, &axis);
    Some(canvas.finish())
}

/// This project's colour for its column, and one each for the others.
fn colours(columns: &[String]) -> Vec<&'static str> {
    let mut others = COLOURS.iter().skip(1).cycle();
    let other = |_: &String| others.next().copied().unwrap_or(INK);
    let mut colours: Vec<&str> = columns.iter().map(other).collect();
    if let Some(ours) = columns.iter().position(|name| name == "iwasm") {
        colours[ours] = COLOURS[0];
    }
    colours
}
