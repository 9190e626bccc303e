import java.util.regex.*;

class Main {
	public static void main(String[] args) throws Exception {
		Pattern pattern = Pattern.compile(
				"^(?<date>\\d{4}-\\d{2}-\\d{2}) (?<level>[A-Z]+) (?<text>.+) id=(?<id>\\d+)$", Pattern.MULTILINE);
		Matcher m = pattern.matcher(new String(System.in.readAllBytes(), "UTF-8"));
		int errors = 0;
		while (m.find()) {
			System.out.printf("%s %s %s [%s]%n", m.group("id"), m.group("level"), m.group("date"), m.group("text"));
			if (m.group("level").equals("ERROR"))
				errors++;
		}
		System.out.println("errors " + errors);
	}
}
