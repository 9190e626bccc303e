#include <iostream>
#include <map>
#include <sstream>
#include <string>

struct pair_of {
	std::string key;
	int value;

	friend std::istream &operator>>(std::istream &in, pair_of &p)
	{
		return in >> p.key >> p.value;
	}
};

int main()
{
	std::map<std::string, int> counts;
	std::ostringstream late;
	int count = 0, sum = 0;

	for (pair_of p; std::cin >> p;) {
		counts[p.key] += p.value;
		sum += p.value;
		if (++count % 20 == 0)
			std::cout << count << ' ' << sum << std::endl;
	}
	for (const auto &[key, value] : counts)
		late << key << ' ' << value << '\n';
	std::cout << late.str();
}
