#include <iostream>
#include <string>
#include <vector>

static std::vector<char32_t> decode(const std::string &text)
{
	std::vector<char32_t> points;

	for (size_t i = 0; i < text.size();) {
		unsigned char lead = text[i++];
		int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
		char32_t c = more ? lead & (0x3f >> more) : lead;

		while (more-- > 0)
			c = c << 6 | (text.at(i++) & 0x3f);
		points.push_back(c);
	}
	return points;
}

static std::string encode(char32_t c)
{
	if (c < 0x80)
		return {char(c)};
	if (c < 0x800)
		return {char(0xc0 | c >> 6), char(0x80 | (c & 0x3f))};
	if (c < 0x10000)
		return {char(0xe0 | c >> 12), char(0x80 | (c >> 6 & 0x3f)), char(0x80 | (c & 0x3f))};
	return {char(0xf0 | c >> 18), char(0x80 | (c >> 12 & 0x3f)), char(0x80 | (c >> 6 & 0x3f)), char(0x80 | (c & 0x3f))};
}

int main()
{
	std::string text, separator;

	std::getline(std::cin, text);
	auto points = decode(text);
	std::cout << points.size() << ' ' << text.size() << '\n';
	for (auto c = points.rbegin(); c != points.rend(); ++c)
		std::cout << encode(*c);
	std::cout << '\n' << std::hex;
	for (char32_t c : points) {
		if (c > 127) {
			std::cout << separator << static_cast<unsigned>(c);
			separator = " ";
		}
	}
	std::cout << '\n';
}
