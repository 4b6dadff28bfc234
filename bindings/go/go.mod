module sextant

go 1.19
