//! `(try (do …) (catch $t …))`, the folded form of the legacy exception instructions, which the crate
//! `wast` no longer reads: to `try … catch $t … end`, which it does. Lines stay where they are.

/// An open parenthesis, by what its counterpart becomes.
enum Open {
    Paren,
    /// Of a `(try`: `end`, or nothing after a `delegate`.
    Try {
        is_delegated: bool,
    },
    /// Of a part of a `try`: nothing.
    Part,
}

impl Open {
    fn closed(&self) -> &'static str {
        match self {
            Open::Paren => ")",
            Open::Try { is_delegated: false } => " end ",
            Open::Try { is_delegated: true } | Open::Part => " ",
        }
    }
}

/// Unfolds each `try` of a script, also within quoted modules.
pub fn unfold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<Open> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            ';' if rest.starts_with(";;") => {
                let taken = rest.find('\n').unwrap_or(rest.len());
                out.push_str(&rest[..taken]);
                taken
            }
            '"' => string(rest, &mut out),
            '(' => parenthesis(rest, &mut open, &mut out),
            ')' => {
                out.push_str(open.pop().map_or(")", |open| open.closed()));
                1
            }
            other => {
                out.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out
}

/// Copies a string, unfolded if it holds a module's text; gives its length.
fn string(text: &str, out: &mut String) -> usize {
    let mut escaped = false;
    let end = text[1..].find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    let end = end.map_or(text.len(), |end| end + 1);
    out.push('"');
    match &text[1..end] {
        module if module.starts_with("(module") => out.push_str(&unfold(module)),
        other => out.push_str(other),
    }
    out.push_str(&text[end..(end + 1).min(text.len())]);
    (end + 1).min(text.len())
}

/// Opens a parenthesis; gives the length of what was read.
fn parenthesis(text: &str, open: &mut Vec<Open>, out: &mut String) -> usize {
    let keyword = text[1..].split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap_or("");
    let (opened, written) = match (keyword, open.last_mut()) {
        ("try", _) => (Open::Try { is_delegated: false }, " try"),
        ("do", Some(Open::Try { .. })) => (Open::Part, " "),
        ("catch", Some(Open::Try { .. })) => (Open::Part, " catch"),
        ("catch_all", Some(Open::Try { .. })) => (Open::Part, " catch_all"),
        ("delegate", Some(Open::Try { is_delegated })) => {
            *is_delegated = true;
            (Open::Part, " delegate")
        }
        _ => {
            open.push(Open::Paren);
            out.push('(');
            return 1;
        }
    };
    open.push(opened);
    out.push_str(written);
    1 + keyword.len()
}

/// Whether [`unfold`] does what it should: an error says where not.
///
/// # Errors
///
/// The first text that comes out otherwise.
pub fn check() -> Result<(), String> {
    let cases = [
        (
            "(func (try (result i32)\n (do (call 0)) (catch $e (drop)) (catch_all)))",
            "(func try (result i32) (call 0) catch $e (drop) catch_all end)",
        ),
        ("(block (try $t (do (try (do (throw 0)) (delegate $t)))))", "(block try $t try (throw 0) delegate $t end)"),
        (
            "(try_table (catch 0 1) (nop)) ;; (try (do))\n(func (export \"(try (do))\"))",
            "(try_table (catch 0 1) (nop)) ;; (try (do))\n(func (export \"(try (do))\"))",
        ),
        ("(module quote \"(module (func (try (do))))\")", "(module quote \"(module (func try end ))\")"),
    ];
    for (folded, flat) in cases {
        let unfolded = unfold(folded);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" )", ")");
        if words(&unfolded) != words(flat) || unfolded.lines().count() != folded.lines().count() {
            return Err(format!("{folded} is unfolded to {unfolded}"));
        }
    }
    Ok(())
}
