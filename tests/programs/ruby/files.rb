def files(root) = Dir.glob("**/*", base: root).select { |name| File.file?(File.join(root, name)) }.sort

{ "a.txt" => "hello", "b/c.txt" => "hello world", "b/d.txt" => "" }.each do |name, text|
  path = File.join("tree", name)
  Dir.mkdir(File.dirname(path)) unless Dir.exist?(File.dirname(path))
  File.write(path, text)
end
sizes = files("tree").to_h { |name| [name, File.size(File.join("tree", name))] }
sizes.each { |name, size| puts "#{name} #{size}" }
puts "total #{sizes.values.sum}"
File.rename("tree/b/c.txt", "tree/moved.txt")
File.open("tree/moved.txt") { |file| puts "renamed #{file.read}" }
File.delete("tree/b/d.txt")
puts "left #{files("tree").size}"
