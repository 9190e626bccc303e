import java.io.IOException;
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;

class Main {
	static final Path ROOT = Path.of("tree");

	static List<Path> files() throws IOException {
		try (Stream<Path> all = Files.walk(ROOT)) {
			return all.filter(Files::isRegularFile).sorted().toList();
		}
	}

	public static void main(String[] args) throws IOException {
		for (var entry : Map.of("a.txt", "hello", "b/c.txt", "hello world", "b/d.txt", "").entrySet()) {
			Path path = ROOT.resolve(entry.getKey());
			Files.createDirectories(path.getParent());
			Files.writeString(path, entry.getValue());
		}
		long total = 0;
		for (Path path : files()) {
			total += Files.size(path);
			System.out.println(ROOT.relativize(path) + " " + Files.size(path));
		}
		System.out.println("total " + total);
		Path moved = Files.move(ROOT.resolve("b/c.txt"), ROOT.resolve("moved.txt"));
		System.out.println("renamed " + Files.readString(moved));
		Files.delete(ROOT.resolve("b/d.txt"));
		System.out.println("left " + files().size());
	}
}
