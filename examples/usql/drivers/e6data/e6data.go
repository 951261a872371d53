// Package e6data defines and registers usql's e6data driver.
//
// See: https://github.com/e6data/e6data-go
package e6data

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/xo/usql/drivers"

	"github.com/e6data/e6data-go" // DRIVER
)

func init() {
	drivers.Register("e6data", drivers.Driver{
		AllowMultilineComments: true,
		AllowCComments:         true,
		// The engine has no function for version and user, and a query would
		// resume a suspended cluster.
		Version: func(context.Context, drivers.DB) (string, error) { return "e6data", nil },
		User:    func(context.Context, drivers.DB) (string, error) { return "", nil },
		IsPasswordErr: func(err error) bool {
			return errors.Is(err, e6data.ErrAuthentication)
		},
		// The statement has run. A missing row count is not a failure.
		RowsAffected: func(res sql.Result) (int64, error) {
			n, err := res.RowsAffected()
			if err != nil {
				return 0, nil //nolint:nilerr // see above
			}
			return n, nil
		},
		Err: func(err error) (string, string) {
			code := ""
			if e, ok := errors.AsType[*e6data.Error](err); ok {
				code = e.Code.String()
			}
			return code, strings.TrimPrefix(err.Error(), "e6data: ")
		},
	})
}
