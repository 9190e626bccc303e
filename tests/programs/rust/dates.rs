use std::fmt;
use std::io::BufRead;
use std::str::FromStr;

/// Days since 1970-01-01. The library knows time, but no calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Date(i64);

impl FromStr for Date {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Date, Self::Err> {
        let parts: Vec<i64> = text.split('-').map(str::parse).collect::<Result<_, _>>()?;
        let (y, m, d) = (parts[0] - i64::from(parts[1] <= 2), (parts[1] + 9) % 12, parts[2] - 1);
        let (era, year) = (y.div_euclid(400), y.rem_euclid(400));
        Ok(Date(era * 146_097 + year * 365 + year / 4 - year / 100 + (153 * m + 2) / 5 + d - 719_468))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let days = self.0 + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let rest = day - (365 * year + year / 4 - year / 100);
        let m = (5 * rest + 2) / 153;
        let month = if m < 10 { m + 3 } else { m - 9 };
        let y = year + era * 400 + i64::from(month <= 2);
        write!(f, "{y:04}-{month:02}-{:02}", rest - (153 * m + 2) / 5 + 1)
    }
}

impl Date {
    fn weekday(self) -> &'static str {
        ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][self.0.rem_euclid(7) as usize]
    }
}

fn main() {
    let dates: Vec<Date> = std::io::stdin().lock().lines().map(|l| l.unwrap().parse().unwrap()).collect();
    for date in &dates {
        println!("{date} {} {}", date.weekday(), Date(date.0 + 45));
    }
    println!("days {}", dates.iter().max().unwrap().0 - dates.iter().min().unwrap().0);
}
