//! Growth: both sides as lines against what grows, both axes logarithmic, the spread as a bar at each point.

use svg::node::element::{Circle, Polyline};

use super::{Anchor, COLOURS, Canvas, FAINT, INK, LogScale, TOP, WIDTH, label, round};
use crate::report::{Row, Table};
use crate::stats::Stats;

const HEIGHT: f64 = 470.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = WIDTH - 24.0;
const BOTTOM: f64 = HEIGHT - 60.0;

/// The plot; nothing of a table without numbers.
pub fn svg(table: &Table, axis: &str) -> Option<String> {
    let sides: [fn(&Row) -> Option<Stats>; 2] = [|row| row.ours, |row| row.theirs];
    let points = sides.map(|side| {
        let point = |row: &Row| Some((row.at?, side(row).filter(|stats| stats.median > 0.0)?));
        table.rows.iter().filter_map(point).collect::<Vec<(f64, Stats)>>()
    });
    let all = || points.iter().flatten();
    let x = LogScale::new(all().map(|(at, _)| *at), LEFT, RIGHT)?;
    let y = LogScale::new(all().map(|(_, stats)| stats.median), BOTTOM, TOP)?;
    let mut canvas = Canvas::new(HEIGHT, &table.title);
    canvas.legend(&[("iwasm", COLOURS[0]), (table.peer, COLOURS[1])]);
    for tick in x.ticks() {
        canvas.line((x.at(tick), TOP), (x.at(tick), BOTTOM), FAINT, 1.0);
        canvas.text((x.at(tick), BOTTOM + 16.0), Anchor::Middle, &label(tick));
    }
    for tick in y.ticks() {
        canvas.line((LEFT, y.at(tick)), (RIGHT, y.at(tick)), FAINT, 1.0);
        canvas.text((LEFT - 8.0, y.at(tick)), Anchor::End, &label(tick));
    }
    canvas.line((LEFT, BOTTOM), (RIGHT, BOTTOM), INK, 1.0);
    canvas.line((LEFT, TOP), (LEFT, BOTTOM), INK, 1.0);
    canvas.text(((LEFT + RIGHT) / 2.0, HEIGHT - 20.0), Anchor::Middle, axis);
    let what = table.title.split_once(": ").map_or("", |(_, what)| what);
    canvas.text_upwards((24.0, (TOP + BOTTOM) / 2.0), &format!("{what}, {}", table.unit));
    for (points, colour) in points.iter().zip(COLOURS) {
        let line: Vec<String> =
            points.iter().map(|(at, stats)| format!("{},{}", round(x.at(*at)), round(y.at(stats.median)))).collect();
        let line = Polyline::new().set("points", line.join(" ")).set("fill", "none");
        canvas.add(line.set("stroke", colour).set("stroke-width", 2));
        for (at, stats) in points {
            let (at, from, to) = (x.at(*at), (stats.median - stats.mad).max(y.from), stats.median + stats.mad);
            canvas.line((at, y.at(from)), (at, y.at(to.min(y.to))), colour, 4.0);
            let dot = Circle::new().set("cx", round(at)).set("cy", round(y.at(stats.median))).set("r", 3.5);
            canvas.add(dot.set("fill", colour));
        }
    }
    Some(canvas.finish())
}
