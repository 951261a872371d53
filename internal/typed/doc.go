// Package typed fills Go values from the columns of a result. A [Plan] says which
// column goes into which field of a type; a [Block] has the pointers to these fields
// for some hundred rows, which are found by reflection once and used for all rows
// after that. Columns are written one after the other, without reflection where a
// column's type fits the field's, and cell by cell by a function of the caller where
// only a conversion helps.
package typed
