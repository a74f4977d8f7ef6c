//! Ratios by program: a bar from 1 for each row, the best first, with the geometric mean as a line.

use svg::node::element::{Line, Rectangle};

use super::{Anchor, COLOURS, Canvas, FAINT, INK, LogScale, TOP, WIDTH, label, round, text_width};
use crate::report::{Row, Table};

/// Pixels of a row.
const ROW: f64 = 20.0;
const RIGHT: f64 = WIDTH - 70.0;
/// Below the rows: the axis.
const FOOT: f64 = 66.0;

/// The plot; nothing of a table without ratios.
pub fn svg(table: &Table) -> Option<String> {
    let mut rows: Vec<(&Row, f64)> =
        table.rows.iter().filter_map(|row| Some((row, row.ratio().filter(|ratio| *ratio > 0.0)?))).collect();
    rows.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let left = 24.0 + text_width(rows.iter().map(|(row, _)| row.name.as_str()));
    let x = LogScale::new(rows.iter().map(|(_, ratio)| *ratio).chain([0.8, 1.25]), left, RIGHT)?;
    let bottom = TOP + ROW * rows.len() as f64 + 6.0;
    let title = format!("{} — iwasm ÷ {}", table.title, table.peer);
    let mut canvas = Canvas::new(bottom + FOOT, &title);
    let mean = table.mean_ratio();
    let said = mean.map_or(String::new(), |mean| format!("; geometric mean {mean:.3}, the dashed line"));
    canvas.text((16.0, 44.0), Anchor::Start, &format!("below 1: iwasm is better{said}; pale: within noise"));
    for tick in x.ticks() {
        canvas.line((x.at(tick), TOP), (x.at(tick), bottom), FAINT, 1.0);
        canvas.text((x.at(tick), bottom + 14.0), Anchor::Middle, &label(tick));
    }
    for (index, (row, ratio)) in rows.iter().enumerate() {
        let y = TOP + ROW * (index as f64 + 0.5) + 3.0;
        let (from, to) = (x.at(ratio.min(1.0)), x.at(ratio.max(1.0)));
        let colour = if *ratio <= 1.0 { COLOURS[2] } else { COLOURS[0] };
        let bar = Rectangle::new()
            .set("x", round(from))
            .set("y", round(y - 7.0))
            .set("width", round((to - from).max(1.0)))
            .set("height", 14);
        canvas.add(bar.set("fill", colour).set("fill-opacity", if row.is_noise() { 0.35 } else { 1.0 }));
        canvas.text((left - 8.0, y), Anchor::End, &row.name);
        canvas.text((to + 6.0, y), Anchor::Start, &format!("{ratio:.2}"));
    }
    canvas.line((x.at(1.0), TOP), (x.at(1.0), bottom), INK, 1.0);
    if let Some(mean) = mean {
        let line = Line::new().set("x1", round(x.at(mean))).set("x2", round(x.at(mean))).set("y1", TOP);
        let line = line.set("y2", bottom).set("stroke", COLOURS[1]).set("stroke-width", 2);
        canvas.add(line.set("stroke-dasharray", "6 4"));
    }
    let axis = format!("ratio of the medians ({}), logarithmic", table.unit);
    canvas.text(((left + RIGHT) / 2.0, bottom + 42.0), Anchor::Middle, &axis);
    Some(canvas.finish())
}
