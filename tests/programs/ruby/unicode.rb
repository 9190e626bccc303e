text = $stdin.gets(chomp: true)
puts "#{text.size} #{text.bytesize}"
puts text.reverse
puts text.codepoints.select { |c| c > 127 }.map { |c| c.to_s(16) }.join(" ")
