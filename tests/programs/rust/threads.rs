use std::sync::mpsc;
use std::thread;

fn main() {
    let (sender, receiver) = mpsc::channel();
    let workers: Vec<_> = (0..4u64)
        .map(|part| {
            let sender = sender.clone();
            thread::spawn(move || {
                let sum: u64 = (1..=4000u64).filter(|i| i % 4 == part).map(|i| i * i).sum();
                sender.send((sum, part)).unwrap();
            })
        })
        .collect();
    drop(sender);
    let sums: Vec<(u64, u64)> = receiver.iter().collect();
    for worker in workers {
        worker.join().unwrap();
    }
    let (best, part) = sums.iter().max().unwrap();
    println!("sum {}", sums.iter().map(|s| s.0).sum::<u64>());
    println!("largest {part} {best}");
}
