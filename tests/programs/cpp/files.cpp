#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace fs = std::filesystem;

static std::vector<fs::path> files(const fs::path &root)
{
	std::vector<fs::path> found;

	for (const auto &entry : fs::recursive_directory_iterator(root))
		if (entry.is_regular_file())
			found.push_back(entry.path());
	std::sort(found.begin(), found.end());
	return found;
}

int main()
{
	const fs::path root = "tree";
	std::uintmax_t total = 0;

	for (const auto &[name, text] : std::map<std::string, std::string>{{"a.txt", "hello"}, {"b/c.txt", "hello world"}, {"b/d.txt", ""}}) {
		fs::create_directories((root / name).parent_path());
		std::ofstream(root / name) << text;
	}
	for (const auto &path : files(root)) {
		total += fs::file_size(path);
		std::cout << path.lexically_relative(root).string() << ' ' << fs::file_size(path) << '\n';
	}
	std::cout << "total " << total << '\n';
	fs::rename(root / "b/c.txt", root / "moved.txt");
	std::ifstream moved(root / "moved.txt");
	std::cout << "renamed " << std::string(std::istreambuf_iterator<char>(moved), {}) << '\n';
	fs::remove(root / "b/d.txt");
	std::cout << "left " << files(root).size() << '\n';
}
