require "json"

people = JSON.parse($stdin.read, symbolize_names: true)
people.sort_by { |p| p[:born] }.each { |p| puts "#{p[:name]} #{p[:born]} #{p[:tags].size}" }
puts JSON.generate(count: people.size, tags: people.sum { |p| p[:tags].size }, born: people.sum { |p| p[:born] })
