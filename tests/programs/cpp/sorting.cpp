#include <bits/stdc++.h>
using namespace std;

int main()
{
	vector<string> words(istream_iterator<string>(cin), {});
	vector<size_t> lengths;

	ranges::sort(words, [](const string &a, const string &b) { return tuple(b.size(), a) < tuple(a.size(), b); });
	for (const string &w : words) {
		cout << w << '\n';
		lengths.push_back(w.size());
	}
	ranges::sort(lengths);
	size_t middle = lengths.size() / 2;
	double median = lengths.size() % 2 ? lengths[middle] : (lengths[middle - 1] + lengths[middle]) / 2.0;
	cout << "median " << fixed << setprecision(1) << median << '\n';
}
