use std::fmt;
use std::ops::{Add, Mul};

const BASE: u64 = 1_000_000_000;

/// Natural numbers of any size: limbs of nine digits, the lowest first.
#[derive(Clone)]
struct Natural(Vec<u64>);

impl Mul<u64> for &Natural {
    type Output = Natural;

    fn mul(self, factor: u64) -> Natural {
        let mut carry = 0;
        let mut limbs: Vec<u64> = self
            .0
            .iter()
            .map(|limb| {
                carry += limb * factor;
                let low = carry % BASE;
                carry /= BASE;
                low
            })
            .collect();
        if carry > 0 {
            limbs.push(carry);
        }
        Natural(limbs)
    }
}

impl Add for &Natural {
    type Output = Natural;

    fn add(self, other: &Natural) -> Natural {
        let mut carry = 0;
        let mut limbs = vec![];
        for i in 0..self.0.len().max(other.0.len()) {
            carry += self.0.get(i).unwrap_or(&0) + other.0.get(i).unwrap_or(&0);
            limbs.push(carry % BASE);
            carry /= BASE;
        }
        if carry > 0 {
            limbs.push(carry);
        }
        Natural(limbs)
    }
}

impl fmt::Display for Natural {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut limbs = self.0.iter().rev();
        write!(f, "{}", limbs.next().unwrap())?;
        limbs.try_for_each(|limb| write!(f, "{limb:09}"))
    }
}

fn main() {
    let one = Natural(vec![1]);
    let factorial = (1..=60).fold(one.clone(), |n, i| &n * i);
    println!("{factorial}");
    println!("{}", factorial.to_string().bytes().map(|b| u32::from(b - b'0')).sum::<u32>());
    println!("{}", (0..200).fold(one.clone(), |n, _| &n * 2));
    let (mut a, mut b) = (Natural(vec![0]), one);
    for _ in 0..300 {
        (a, b) = (b.clone(), &a + &b);
    }
    println!("{a}");
}
