package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"

	e6data "github.com/e6data/e6data-go"
)

// salesQuery is the statement of GET /sales. Its argument is a country.
const salesQuery = "SELECT day, product, amount FROM sales WHERE country = ? ORDER BY day, product"

// sale is a row of salesQuery.
type sale struct {
	Day     time.Time `json:"day"`
	Product string    `json:"product"`
	// Amount is a decimal in its exact text form; nil is NULL.
	Amount *string `json:"amount"`
}

// service answers GET /sales?country=IN with all rows of salesQuery as a JSON array. A
// client gets either all rows or an error. It never gets a part of the rows in a
// response that looks complete.
type service struct {
	db      *sql.DB
	timeout time.Duration // time limit of a request
	log     *slog.Logger
}

func newService(db *sql.DB, timeout time.Duration, log *slog.Logger) http.Handler {
	s := &service{db: db, timeout: timeout, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sales", s.sales)
	return mux
}

func (s *service) sales(w http.ResponseWriter, r *http.Request) {
	// When the client disconnects, the request's context ends, and the driver
	// cancels the query on the engine.
	ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
	defer cancel()
	out := &heldResponse{w: w}
	err := s.writeSales(ctx, out, r.FormValue("country"))
	if err == nil {
		err = out.send()
	}
	if err == nil {
		return
	}
	status, text := statusOf(err)
	level := slog.LevelError
	if status == statusClientLeft {
		level = slog.LevelInfo
	}
	s.log.LogAttrs(ctx, level, "GET /sales", slog.Int("status", status), slog.Bool("broken_off", out.sent), slog.Any("error", err))
	if out.sent {
		// It is too late for a status. If the body ended normally, the client
		// would take a part for the whole. Break the connection instead: every
		// HTTP client reports that.
		panic(http.ErrAbortHandler)
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	http.Error(w, text, status)
}

func (s *service) writeSales(ctx context.Context, w io.Writer, country string) error {
	rows, err := s.db.QueryContext(ctx, salesQuery, country)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	separator := "["
	encoder := json.NewEncoder(w)
	for rows.Next() {
		var row sale
		if err := rows.Scan(&row.Day, &row.Product, &row.Amount); err != nil {
			return err
		}
		if _, err := io.WriteString(w, separator); err != nil {
			return err
		}
		if err := encoder.Encode(row); err != nil {
			return err
		}
		separator = ","
	}
	// Only this check distinguishes a complete result from one that was cut
	// short.
	if err := rows.Err(); err != nil {
		return err
	}
	if separator == "[" {
		_, err = io.WriteString(w, "[]\n")
	} else {
		_, err = io.WriteString(w, "]\n")
	}
	return err
}

// statusClientLeft is a status for the log. The client has disconnected.
const statusClientLeft = 499

// statusOf returns the HTTP status and the text for the client. The error
// itself may contain SQL and goes to the log only.
func statusOf(err error) (status int, text string) {
	var e *e6data.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout, "the engine took too long"
	case errors.Is(err, context.Canceled):
		return statusClientLeft, "the client disconnected"
	case errors.Is(err, e6data.ErrClusterSuspended):
		return http.StatusServiceUnavailable, "the cluster is suspended, try again later"
	case errors.Is(err, e6data.ErrIncompleteResult), errors.Is(err, e6data.ErrAmbiguousExecution):
		// The query only reads, so the client may repeat it.
		return http.StatusBadGateway, "the engine was lost, try again"
	case errors.As(err, &e) && e.Code == codes.Unavailable:
		return http.StatusBadGateway, "the engine cannot be reached"
	}
	return http.StatusInternalServerError, "the query failed"
}

// held bounds the bytes of a response that are held back.
const held = 1 << 20

// heldResponse holds a response back until send is called or the buffer is
// full. Until then an error can still set the status.
type heldResponse struct {
	w    http.ResponseWriter
	buf  bytes.Buffer
	sent bool
}

func (h *heldResponse) Write(p []byte) (int, error) {
	if !h.sent && h.buf.Len()+len(p) <= held {
		return h.buf.Write(p)
	}
	if err := h.send(); err != nil {
		return 0, err
	}
	return h.w.Write(p)
}

// send sends the bytes that were held back. Later bytes go directly to the
// client.
func (h *heldResponse) send() error {
	if h.sent {
		return nil
	}
	h.sent = true
	h.w.Header().Set("Content-Type", "application/json")
	_, err := h.w.Write(h.buf.Bytes())
	h.buf = bytes.Buffer{}
	return err
}
