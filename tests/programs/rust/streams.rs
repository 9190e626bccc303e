use std::collections::BTreeMap;
use std::io::{self, BufRead, BufWriter, Write};

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let mut sum = 0;
    for (i, line) in io::stdin().lock().lines().enumerate() {
        let line = line?;
        let (key, value) = line.split_once(' ').expect("two words");
        let value: i64 = value.parse().expect("a number");
        *counts.entry(key.to_owned()).or_default() += value;
        sum += value;
        if (i + 1) % 20 == 0 {
            writeln!(out, "{} {sum}", i + 1)?;
        }
    }
    for (key, value) in &counts {
        writeln!(out, "{key} {value}")?;
    }
    out.flush()
}
