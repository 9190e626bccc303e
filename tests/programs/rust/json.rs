use std::io::Read;

/// JSON as far as it is needed here: the library has no reader of it.
#[derive(Debug, Clone)]
enum Value {
    Number(i64),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

struct Parser<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Parser<'_> {
    fn peek(&mut self) -> char {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
        *self.rest.peek().expect("more text")
    }

    fn take(&mut self, c: char) -> bool {
        let there = self.peek() == c;
        if there {
            self.rest.next();
        }
        there
    }

    fn value(&mut self) -> Value {
        match self.peek() {
            '[' => {
                self.take('[');
                let mut list = vec![];
                while !self.take(']') {
                    list.push(self.value());
                    self.take(',');
                }
                Value::List(list)
            }
            '{' => {
                self.take('{');
                let mut members = vec![];
                while !self.take('}') {
                    self.peek();
                    let key = self.text();
                    self.take(':');
                    members.push((key, self.value()));
                    self.take(',');
                }
                Value::Object(members)
            }
            '"' => Value::Text(self.text()),
            _ => {
                let mut digits = String::new();
                while let Some(c) = self.rest.next_if(|c| *c == '-' || c.is_ascii_digit()) {
                    digits.push(c);
                }
                Value::Number(digits.parse().expect("a number"))
            }
        }
    }

    fn text(&mut self) -> String {
        let mut out = String::new();
        self.rest.next();
        loop {
            match self.rest.next().expect("the end of a string") {
                '"' => return out,
                '\\' => match self.rest.next().unwrap() {
                    'u' => {
                        let hex: String = (0..4).map(|_| self.rest.next().unwrap()).collect();
                        out.push(char::from_u32(u32::from_str_radix(&hex, 16).unwrap()).unwrap());
                    }
                    c => out.push(c),
                },
                c => out.push(c),
            }
        }
    }
}

impl Value {
    fn get(&self, key: &str) -> &Value {
        match self {
            Value::Object(members) => &members.iter().find(|(k, _)| k == key).unwrap().1,
            other => panic!("no object: {other:?}"),
        }
    }
}

fn main() {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    let Value::List(people) = (Parser { rest: input.chars().peekable() }).value() else {
        panic!("no list")
    };
    let mut rows: Vec<(i64, String, usize)> = people
        .iter()
        .map(|p| match (p.get("born"), p.get("name"), p.get("tags")) {
            (Value::Number(born), Value::Text(name), Value::List(tags)) => (*born, name.clone(), tags.len()),
            other => panic!("strange: {other:?}"),
        })
        .collect();
    rows.sort();
    for (born, name, tags) in &rows {
        println!("{name} {born} {tags}");
    }
    let tags: usize = rows.iter().map(|r| r.2).sum();
    let born: i64 = rows.iter().map(|r| r.0).sum();
    println!("{{\"count\":{},\"tags\":{tags},\"born\":{born}}}", rows.len());
}
