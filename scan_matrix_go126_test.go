//go:build !go1.27

package e6data_test

const matrixGo = "go1.26"
