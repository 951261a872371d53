package enginetest

// Handles tells whether a result is scripted for a statement.
func (s *Server) Handles(sql string) bool {
	_, err := s.resolve(Query{SQL: normal(sql)})
	return err == nil
}
