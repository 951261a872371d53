package enginetest

// Handles reports whether a result is scripted for a statement.
func (s *Server) Handles(sql string) bool {
	_, err := s.resolve(Query{SQL: normal(sql)})
	return err == nil
}

// Encoded returns the metadata and the chunks of a result.
func (r *Result) Encoded() (metadata []byte, chunks [][]byte, err error) {
	p := r.compile()
	if p.err != nil {
		return nil, nil, p.err
	}
	for i := 0; ; i++ {
		b, ok, err := p.chunk(i)
		if !ok || err != nil {
			return p.metadata, chunks, err
		}
		chunks = append(chunks, b)
	}
}
