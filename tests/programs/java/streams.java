import java.io.*;
import java.util.*;

class Main {
	public static void main(String[] args) throws IOException {
		Map<String, Integer> counts = new TreeMap<>();
		int count = 0, sum = 0;
		try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
				PrintWriter out = new PrintWriter(new BufferedWriter(new OutputStreamWriter(System.out)))) {
			for (String line; (line = in.readLine()) != null;) {
				String[] parts = line.split(" ");
				int value = Integer.parseInt(parts[1]);
				counts.merge(parts[0], value, Integer::sum);
				sum += value;
				if (++count % 20 == 0)
					out.println(count + " " + sum);
			}
			counts.forEach((key, value) -> out.println(key + " " + value));
		}
	}
}
