fn main() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let text = line.trim_end_matches('\n');
    println!("{} {}", text.chars().count(), text.len());
    println!("{}", text.chars().rev().collect::<String>());
    let numbers: Vec<String> = text.chars().filter(|c| !c.is_ascii()).map(|c| format!("{:x}", c as u32)).collect();
    println!("{}", numbers.join(" "));
}
