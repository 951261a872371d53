module github.com/xo/usql

go 1.26.0
