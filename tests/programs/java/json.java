import java.util.*;

/** Reads JSON with a parser of its own: the library of Java has none. */
public class People {
	private final String text;
	private int at;

	People(String text) {
		this.text = text;
	}

	private char peek() {
		while (Character.isWhitespace(text.charAt(at)))
			at++;
		return text.charAt(at);
	}

	private boolean take(char c) {
		boolean there = peek() == c;
		if (there)
			at++;
		return there;
	}

	Object value() {
		return switch (peek()) {
			case '{' -> object();
			case '[' -> array();
			case '"' -> string();
			default -> number();
		};
	}

	private Map<String, Object> object() {
		Map<String, Object> map = new LinkedHashMap<>();
		for (take('{'); !take('}'); take(',')) {
			peek();
			String key = string();
			take(':');
			map.put(key, value());
		}
		return map;
	}

	private List<Object> array() {
		List<Object> list = new ArrayList<>();
		for (take('['); !take(']'); take(','))
			list.add(value());
		return list;
	}

	private String string() {
		StringBuilder out = new StringBuilder();
		for (at++; text.charAt(at) != '"'; at++) {
			char c = text.charAt(at);
			if (c == '\\' && text.charAt(++at) == 'u') {
				out.append((char) Integer.parseInt(text, at + 1, at + 5, 16));
				at += 4;
			} else {
				out.append(text.charAt(at));
			}
		}
		at++;
		return out.toString();
	}

	private Integer number() {
		int start = at;
		while (at < text.length() && "-0123456789".indexOf(text.charAt(at)) >= 0)
			at++;
		return Integer.valueOf(text.substring(start, at));
	}

	record Person(String name, int born, int tags) {
		static Person of(Object value) {
			Map<?, ?> map = (Map<?, ?>) value;
			return new Person((String) map.get("name"), (Integer) map.get("born"), ((List<?>) map.get("tags")).size());
		}
	}

	public static void main(String[] args) throws Exception {
		String input = new String(System.in.readAllBytes(), "UTF-8");
		List<Person> people = ((List<?>) new People(input).value()).stream().map(Person::of).toList();
		people.stream().sorted(Comparator.comparingInt(Person::born))
				.forEach(p -> System.out.println(p.name() + " " + p.born() + " " + p.tags()));
		System.out.printf("{\"count\":%d,\"tags\":%d,\"born\":%d}%n", people.size(),
				people.stream().mapToInt(Person::tags).sum(), people.stream().mapToInt(Person::born).sum());
	}
}
