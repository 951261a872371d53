//go:build !go1.27

package sqltext

// uuidText returns false: Go 1.26 has no type uuid.UUID.
func uuidText(any) (string, bool) { return "", false }
