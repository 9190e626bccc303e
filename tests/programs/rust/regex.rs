use std::io::BufRead;

/// A backtracking matcher of a small language: `9` a digit, `A` a capital, `.` anything, `+` one or more, `(` and `)` a
/// group; all else is itself. The library has no regular expressions.
fn find<'t>(pattern: &[u8], text: &'t [u8], at: usize, open: &mut Vec<usize>, groups: &mut Vec<&'t [u8]>) -> bool {
    let Some((&head, rest)) = pattern.split_first() else {
        return at == text.len();
    };
    match head {
        b'(' => {
            open.push(at);
            find(rest, text, at, open, groups) || open.pop().is_none()
        }
        b')' => {
            let start = open.pop().expect("an open group");
            groups.push(&text[start..at]);
            if find(rest, text, at, open, groups) {
                return true;
            }
            groups.pop();
            open.push(start);
            false
        }
        _ => {
            let fits = |i: usize| {
                text.get(i).is_some_and(|c| match head {
                    b'9' => c.is_ascii_digit(),
                    b'A' => c.is_ascii_uppercase(),
                    b'.' => true,
                    other => *c == other,
                })
            };
            if rest.first() != Some(&b'+') {
                return fits(at) && find(rest, text, at + 1, open, groups);
            }
            let most = (at..).take_while(|i| fits(*i)).count();
            (1..=most).rev().any(|n| find(&rest[1..], text, at + n, open, groups))
        }
    }
}

fn main() {
    let mut errors = 0;
    for line in std::io::stdin().lock().lines().map(Result::unwrap) {
        let mut groups = vec![];
        if !find(b"(9999-99-99) (A+) (.+) id=(9+)", line.as_bytes(), 0, &mut vec![], &mut groups) {
            continue;
        }
        let text = |i: usize| std::str::from_utf8(groups[i]).unwrap();
        println!("{} {} {} [{}]", text(3), text(1), text(0), text(2));
        errors += i32::from(text(1) == "ERROR");
    }
    println!("errors {errors}");
}
