#include <iostream>
#include <regex>
#include <string>

int main()
{
	const std::regex pattern(R"((\d{4}-\d{2}-\d{2}) ([A-Z]+) (.+) id=(\d+))");
	std::smatch m;
	int errors = 0;

	for (std::string line; std::getline(std::cin, line);) {
		if (!std::regex_match(line, m, pattern))
			continue;
		std::cout << m[4] << ' ' << m[2] << ' ' << m[1] << " [" << m[3] << "]\n";
		errors += m[2] == "ERROR";
	}
	std::cout << "errors " << errors << '\n';
}
