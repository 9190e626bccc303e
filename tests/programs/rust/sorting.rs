use std::cmp::Reverse;
use std::io::Read;

fn main() {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    let mut words: Vec<&str> = input.split_whitespace().collect();
    words.sort_by_key(|w| (Reverse(w.len()), *w));
    println!("{}", words.join("\n"));
    let mut lengths: Vec<usize> = words.iter().map(|w| w.len()).collect();
    lengths.sort_unstable();
    let middle = lengths.len() / 2;
    let median = match lengths.len() % 2 {
        1 => lengths[middle] as f64,
        _ => (lengths[middle - 1] + lengths[middle]) as f64 / 2.0,
    };
    println!("median {median:.1}");
}
