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

// salesQuery is the statement behind GET /sales; its argument is a country.
const salesQuery = "SELECT day, product, amount FROM sales WHERE country = ? ORDER BY day, product"

// sale is a row of salesQuery.
type sale struct {
	Day     time.Time `json:"day"`
	Product string    `json:"product"`
	// Amount is a decimal in its exact text form; nil is NULL.
	Amount *string `json:"amount"`
}

// service answers GET /sales?country=IN with all rows of salesQuery as a JSON array. A
// client gets either all of them or an error, never some of them with nothing
// wrong about the response.
type service struct {
	db      *sql.DB
	timeout time.Duration // of a request
	log     *slog.Logger
}

func newService(db *sql.DB, timeout time.Duration, log *slog.Logger) http.Handler {
	s := &service{db: db, timeout: timeout, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sales", s.sales)
	return mux
}

func (s *service) sales(w http.ResponseWriter, r *http.Request) {
	// The request's context ends when the client leaves, and with it the query on
	// the engine.
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
		// Too late for a status. Ending the body as if nothing had happened would
		// pass off a part as the whole: break the connection instead, which every
		// HTTP client reports.
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
	// Only this tells a whole result from one that was cut short.
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

// statusClientLeft is for the log: nobody reads the answer.
const statusClientLeft = 499

// statusOf is the HTTP status for an error, and what the client is told: the
// error itself, which may hold SQL, is for the log.
func statusOf(err error) (status int, text string) {
	var e *e6data.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout, "the engine took too long"
	case errors.Is(err, context.Canceled):
		return statusClientLeft, "the client has left"
	case errors.Is(err, e6data.ErrClusterSuspended):
		return http.StatusServiceUnavailable, "the cluster is suspended, try again later"
	case errors.Is(err, e6data.ErrIncompleteResult), errors.Is(err, e6data.ErrAmbiguousExecution):
		// The query only reads: the client may ask again.
		return http.StatusBadGateway, "the engine was lost, try again"
	case errors.As(err, &e) && e.Code == codes.Unavailable:
		return http.StatusBadGateway, "the engine cannot be reached"
	}
	return http.StatusInternalServerError, "the query failed"
}

// held is how many bytes of a response are kept back at most.
const held = 1 << 20

// heldResponse keeps a response back, so that an error can still become its
// status, until it is sent or has outgrown the buffer.
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

// send sends what was kept back; what follows goes straight to the client.
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
