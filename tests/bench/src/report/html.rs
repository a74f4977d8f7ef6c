//! One page with all tables and plots, which needs no other file.

use std::fmt::Write as _;

use super::Shown;

const STYLE: &str = "body{font:15px/1.45 Helvetica,Arial,sans-serif;color:#222;max-width:1100px;margin:2em auto;padding:0 1em}\
h1{font-size:24px}h2{font-size:19px;margin-top:2.2em;border-top:1px solid #ddd;padding-top:1em}\
table{border-collapse:collapse;font-size:13px;margin:1em 0}\
td,th{padding:3px 9px;text-align:right;border-bottom:1px solid #eee;white-space:nowrap}\
th{border-bottom:1px solid #888}td:first-child,td:last-child{text-align:left}\
.wide{overflow-x:auto}.how{color:#555}svg{max-width:100%;height:auto}nav li{margin:2px 0}";

/// The page: a head that says on what and how all was measured, then each table with its plot.
pub fn page(head: &[String], parts: &[(Shown, Option<String>)]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Benchmark</title>\
         <style>{STYLE}</style></head><body>\n<h1>Benchmark</h1>\n"
    );
    for line in head {
        let _ = writeln!(page, "<p>{}</p>", escaped(line));
    }
    page.push_str("<nav><ol>\n");
    for (number, (shown, _)) in parts.iter().enumerate() {
        let _ = writeln!(page, "<li><a href=\"#part{number}\">{}</a></li>", escaped(&shown.title()));
    }
    page.push_str("</ol></nav>\n");
    for (number, (shown, plot)) in parts.iter().enumerate() {
        let _ = writeln!(page, "<h2 id=\"part{number}\">{}</h2>", escaped(&shown.title()));
        let _ = writeln!(page, "<p class=\"how\">{}</p>", escaped(shown.method()));
        if let Some(plot) = plot {
            page.push_str(plot);
        }
        page.push_str(&table(&shown.lines()));
        for note in shown.notes() {
            let _ = writeln!(page, "<p>{}</p>", escaped(note));
        }
    }
    page.push_str("</body></html>\n");
    page
}

fn table(lines: &[Vec<String>]) -> String {
    let mut text = String::from("<div class=\"wide\"><table>\n");
    for (number, line) in lines.iter().enumerate() {
        let tag = if number == 0 { "th" } else { "td" };
        text.push_str("<tr>");
        for cell in line {
            let _ = write!(text, "<{tag}>{}</{tag}>", escaped(cell));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</table></div>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use crate::report::{Row, Table};

    use super::*;

    #[test]
    fn a_page_has_the_plots_and_escapes_text() {
        let mut table = Table::new("a < b", "ms", "how");
        table.rows.push(Row::skipped("c & d", "no corpus"));
        let page = page(&["e > f".into()], &[(table.into(), Some("<svg></svg>".into()))]);
        for part in ["a &lt; b", "c &amp; d", "e &gt; f", "<svg></svg>"] {
            assert!(page.contains(part), "{part} in {page}");
        }
    }
}
