#include <algorithm>
#include <cctype>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <variant>
#include <vector>

struct value;
using list = std::vector<value>;
using object = std::map<std::string, value>;
struct value : std::variant<long, std::string, list, object> {
	using variant::variant;
};

// JSON as far as it is needed here.
class parser {
	std::string text;
	size_t at = 0;

	char peek()
	{
		while (std::isspace(static_cast<unsigned char>(text.at(at))))
			at++;
		return text.at(at);
	}

	bool take(char c)
	{
		return peek() == c && ++at;
	}

	static void put_utf8(std::string &out, unsigned c)
	{
		if (c < 0x80) {
			out += static_cast<char>(c);
		} else if (c < 0x800) {
			out += static_cast<char>(0xc0 | c >> 6);
			out += static_cast<char>(0x80 | (c & 0x3f));
		} else {
			out += static_cast<char>(0xe0 | c >> 12);
			out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
			out += static_cast<char>(0x80 | (c & 0x3f));
		}
	}

	std::string string()
	{
		std::string out;

		for (peek(), at++; text.at(at) != '"'; at++) {
			if (text[at] == '\\' && text.at(++at) == 'u') {
				put_utf8(out, std::stoul(text.substr(at + 1, 4), nullptr, 16));
				at += 4;
			} else {
				out += text[at];
			}
		}
		at++;
		return out;
	}

public:
	explicit parser(std::string input) : text(std::move(input)) {}

	value parse()
	{
		if (take('[')) {
			list items;
			for (; !take(']'); take(','))
				items.push_back(parse());
			return items;
		}
		if (take('{')) {
			object members;
			for (; !take('}'); take(',')) {
				std::string key = string();
				take(':');
				members[key] = parse();
			}
			return members;
		}
		if (peek() == '"')
			return string();
		size_t used;
		long number = std::stol(text.substr(at), &used);
		at += used;
		return number;
	}
};

int main()
{
	parser p({std::istreambuf_iterator<char>(std::cin), {}});
	list people = std::get<list>(p.parse());
	auto member = [](const value &v, const char *key) { return std::get<object>(v).at(key); };
	auto born = [&](const value &v) { return std::get<long>(member(v, "born")); };
	auto tags = [&](const value &v) { return std::get<list>(member(v, "tags")).size(); };
	size_t all_tags = 0;
	long all_born = 0;

	std::ranges::sort(people, {}, born);
	for (const value &v : people) {
		std::cout << std::get<std::string>(member(v, "name")) << ' ' << born(v) << ' ' << tags(v) << '\n';
		all_tags += tags(v);
		all_born += born(v);
	}
	std::cout << "{\"count\":" << people.size() << ",\"tags\":" << all_tags << ",\"born\":" << all_born << "}\n";
}
