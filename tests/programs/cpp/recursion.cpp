#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

static int ackermann(int m, int n)
{
	return m == 0 ? n + 1 : ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

constexpr int hanoi(int n)
{
	return n == 0 ? 0 : 2 * hanoi(n - 1) + 1;
}
static_assert(hanoi(3) == 7);

static int queens(int n, std::vector<int> &taken)
{
	int row = static_cast<int>(taken.size()), count = row == n;

	for (int c = 0; row < n && c < n; c++) {
		bool free = true;

		for (int r = 0; r < row; r++)
			free = free && taken[r] != c && std::abs(taken[r] - c) != row - r;
		if (!free)
			continue;
		taken.push_back(c);
		count += queens(n, taken);
		taken.pop_back();
	}
	return count;
}

static void permutations(std::string items, const std::function<void(const std::string &)> &visit, const std::string &chosen = "")
{
	if (items.empty())
		visit(chosen);
	for (size_t i = 0; i < items.size(); i++)
		permutations(std::string(items).erase(i, 1), visit, chosen + items[i]);
}

template <int N> struct fibonacci {
	static constexpr int value = fibonacci<N - 1>::value + fibonacci<N - 2>::value;
};
template <> struct fibonacci<0> {
	static constexpr int value = 0;
};
template <> struct fibonacci<1> {
	static constexpr int value = 1;
};

int main()
{
	std::vector<int> taken;
	int count = 0;

	permutations("abcd", [&](const std::string &) { count++; });
	std::cout << ackermann(2, 3) << '\n' << hanoi(10) << '\n' << queens(8, taken) << '\n' << count << '\n' << fibonacci<20>::value << '\n';
}
