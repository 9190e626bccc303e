#include <cstdint>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <utility>
#include <vector>

class natural {
	static constexpr std::uint64_t base = 1'000'000'000;
	std::vector<std::uint64_t> limbs; // the lowest first

public:
	natural(std::uint64_t small) : limbs{small} {}

	natural &operator*=(std::uint64_t factor)
	{
		std::uint64_t carry = 0;

		for (auto &limb : limbs) {
			carry += limb * factor;
			limb = carry % base;
			carry /= base;
		}
		if (carry)
			limbs.push_back(carry);
		return *this;
	}

	natural &operator+=(const natural &other)
	{
		std::uint64_t carry = 0;

		limbs.resize(std::max(limbs.size(), other.limbs.size()) + 1);
		for (size_t i = 0; i < limbs.size(); i++) {
			carry += limbs[i] + (i < other.limbs.size() ? other.limbs[i] : 0);
			limbs[i] = carry % base;
			carry /= base;
		}
		while (limbs.size() > 1 && limbs.back() == 0)
			limbs.pop_back();
		return *this;
	}

	friend std::ostream &operator<<(std::ostream &out, const natural &n)
	{
		out << n.limbs.back();
		for (size_t i = n.limbs.size() - 1; i-- > 0;)
			out << std::setw(9) << std::setfill('0') << n.limbs[i];
		return out;
	}
};

int main()
{
	natural factorial = 1, power = 1, a = 0, b = 1;
	std::ostringstream text;
	int sum = 0;

	for (unsigned i = 2; i <= 60; i++)
		factorial *= i;
	for (int i = 0; i < 200; i++)
		power *= 2;
	for (int i = 0; i < 300; i++) {
		a += b;
		std::swap(a, b);
	}
	text << factorial;
	for (char digit : text.str())
		sum += digit - '0';
	std::cout << factorial << '\n' << sum << '\n' << power << '\n' << a << '\n';
}
