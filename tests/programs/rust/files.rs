use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn walk(directory: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

fn main() -> io::Result<()> {
    let root = Path::new("tree");
    for (name, text) in [("a.txt", "hello"), ("b/c.txt", "hello world"), ("b/d.txt", "")] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap())?;
        fs::write(path, text)?;
    }
    let mut files = vec![];
    walk(root, &mut files)?;
    let mut total = 0;
    for path in &files {
        let size = fs::metadata(path)?.len();
        total += size;
        println!("{} {size}", path.strip_prefix(root).unwrap().display());
    }
    println!("total {total}");
    fs::rename("tree/b/c.txt", "tree/moved.txt")?;
    println!("renamed {}", fs::read_to_string("tree/moved.txt")?);
    fs::remove_file("tree/b/d.txt")?;
    files.clear();
    walk(root, &mut files)?;
    println!("left {}", files.len());
    Ok(())
}
