//go:build go1.27

package sqltext

import "uuid"

// uuidText is the text of a uuid.UUID, which is what database/sql makes of one.
func uuidText(v any) (string, bool) {
	u, ok := v.(uuid.UUID)
	if !ok {
		return "", false
	}
	return u.String(), true
}
