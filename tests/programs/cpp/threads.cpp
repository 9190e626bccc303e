#include <algorithm>
#include <future>
#include <iostream>
#include <numeric>
#include <vector>

static long work(int part)
{
	long sum = 0;

	for (long i = 1; i <= 4000; i++)
		if (i % 4 == part)
			sum += i * i;
	return sum;
}

int main()
{
	std::vector<std::future<long>> futures;
	std::vector<long> sums;

	for (int part = 0; part < 4; part++)
		futures.push_back(std::async(std::launch::async, work, part));
	for (auto &future : futures)
		sums.push_back(future.get());
	auto best = std::max_element(sums.begin(), sums.end());
	std::cout << "sum " << std::accumulate(sums.begin(), sums.end(), 0L) << '\n';
	std::cout << "largest " << best - sums.begin() << ' ' << *best << '\n';
}
