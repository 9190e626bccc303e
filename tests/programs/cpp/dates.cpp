#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono;

static std::string iso(sys_days day)
{
	year_month_day d(day);
	char text[32];

	std::snprintf(text, sizeof(text), "%04d-%02u-%02u", int(d.year()), unsigned(d.month()), unsigned(d.day()));
	return text;
}

int main()
{
	static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	std::vector<sys_days> dates;
	int y;
	unsigned m, d;

	for (std::string line; std::getline(std::cin, line) && std::sscanf(line.c_str(), "%d-%u-%u", &y, &m, &d) == 3;)
		dates.push_back(year(y) / month(m) / day(d));
	for (sys_days date : dates)
		std::cout << iso(date) << ' ' << names[weekday(date).c_encoding()] << ' ' << iso(date + days(45)) << '\n';
	auto [first, last] = std::ranges::minmax(dates);
	std::cout << "days " << (last - first).count() << '\n';
}
