use std::collections::HashMap;

fn ackermann(m: u32, n: u32) -> u32 {
    match (m, n) {
        (0, n) => n + 1,
        (m, 0) => ackermann(m - 1, 1),
        (m, n) => ackermann(m - 1, ackermann(m, n - 1)),
    }
}

fn hanoi(n: u32) -> u32 {
    if n == 0 { 0 } else { 2 * hanoi(n - 1) + 1 }
}

fn queens(n: i32, taken: &mut Vec<i32>) -> u32 {
    let row = taken.len() as i32;
    if row == n {
        return 1;
    }
    let mut count = 0;
    for c in 0..n {
        if taken.iter().zip(0..).all(|(&d, r)| d != c && (d - c).abs() != row - r) {
            taken.push(c);
            count += queens(n, taken);
            taken.pop();
        }
    }
    count
}

fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![vec![]];
    }
    (0..items.len())
        .flat_map(|i| {
            let mut others = items.to_vec();
            let item = others.remove(i);
            permutations(&others).into_iter().map(move |rest| [vec![item.clone()], rest].concat())
        })
        .collect()
}

fn fibonacci(n: u64, known: &mut HashMap<u64, u64>) -> u64 {
    if n < 2 {
        return n;
    }
    if let Some(&value) = known.get(&n) {
        return value;
    }
    let value = fibonacci(n - 1, known) + fibonacci(n - 2, known);
    known.insert(n, value);
    value
}

fn main() {
    println!("{}\n{}\n{}", ackermann(2, 3), hanoi(10), queens(8, &mut vec![]));
    println!("{}", permutations(&['a', 'b', 'c', 'd']).len());
    println!("{}", fibonacci(20, &mut HashMap::new()));
}
