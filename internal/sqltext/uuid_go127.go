//go:build go1.27

package sqltext

import "uuid"

// uuidText returns the text of a uuid.UUID, as database/sql does.
func uuidText(v any) (string, bool) {
	u, ok := v.(uuid.UUID)
	if !ok {
		return "", false
	}
	return u.String(), true
}
