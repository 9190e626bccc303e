import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.stream.*;

class Main {
	public static void main(String[] args) throws IOException {
		String text = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
		PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
		out.println(text.codePointCount(0, text.length()) + " " + text.getBytes(StandardCharsets.UTF_8).length);
		out.println(new StringBuilder(text).reverse());
		out.println(text.codePoints().filter(c -> c > 127).mapToObj(Integer::toHexString).collect(Collectors.joining(" ")));
	}
}
