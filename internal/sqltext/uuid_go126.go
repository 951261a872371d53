//go:build !go1.27

package sqltext

// uuidText is for the type uuid.UUID, which Go 1.26 has not.
func uuidText(any) (string, bool) { return "", false }
