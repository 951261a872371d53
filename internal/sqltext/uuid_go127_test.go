//go:build go1.27

package sqltext

import (
	"testing"
	"uuid"
)

func TestUUID(t *testing.T) {
	t.Parallel()
	const text = "97b6a4e0-5323-43e9-82c8-88110d6686d6"
	id := uuid.MustParse(text)
	for _, v := range []any{id, &id} {
		if got, err := appendValue(nil, v, inValue, nil); err != nil || string(got) != "'"+text+"'" {
			t.Errorf("%T: %s, %v", v, got, err)
		}
		if got, err := Text(arg(v), "STRING", nil); err != nil || got != text {
			t.Errorf("%T: %s, %v", v, got, err)
		}
	}
}
