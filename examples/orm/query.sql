-- name: GetItem :one
SELECT id, name, price, note, added FROM items WHERE id = ?;

-- name: ItemsByName :many
SELECT id, name, price, note, added FROM items WHERE name IN (sqlc.slice('names')) ORDER BY id LIMIT ?;

-- name: AddItem :exec
INSERT INTO items (id, name, price, note, added) VALUES (?, ?, ?, ?, ?);

-- name: CountItems :one
SELECT COUNT(*) FROM items WHERE price > ?;
