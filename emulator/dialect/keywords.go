package dialect

// keyword is a word that the rewriter must recognise. Words that are no keywords are
// names, or words that DuckDB alone reads.
type keyword uint8

// The keywords. Those from firstSoft on are names, too.
const (
	_ keyword = iota
	kAll
	kAnd
	kAny
	kAs
	kAsc
	kBetween
	kBy
	kCase
	kCast
	kCheck
	kCollate
	kConstraint
	kCreate
	kCross
	kDefault
	kDelete
	kDesc
	kDistinct
	kDrop
	kElse
	kEnd
	kEscape
	kExcept
	kExists
	kFalse
	kFetch
	kFor
	kFrom
	kFull
	kGroup
	kHaving
	kIlike
	kIn
	kInner
	kInsert
	kIntersect
	kInterval
	kInto
	kIs
	kJoin
	kLateral
	kLeft
	kLike
	kLimit
	kNatural
	kNot
	kNull
	kOffset
	kOn
	kOr
	kOrder
	kOuter
	kOver
	kPartition
	kPrimary
	kQualify
	kReferences
	kReturning
	kRight
	kSelect
	kSet
	kSome
	kTable
	kThen
	kTo
	kTrue
	kTryCast
	kUnion
	kUnique
	kUpdate
	kUsing
	kValues
	kWhen
	kWhere
	kWindow
	kWith
	kWithin
	firstSoft
	kArray
	kCube
	kConflict
	kCurrentDate
	kCurrentTimestamp
	kDate
	kFilter
	kGrouping
	kIgnore
	kIf
	kKey
	kMap
	kMaterialized
	kPivot
	kRecursive
	kRespect
	kRollup
	kSets
	kTimestamp
	kTimestampTZ
	kUnpivot
	kView
)

var keywords = map[string]keyword{
	"all": kAll, "and": kAnd, "any": kAny, "as": kAs, "asc": kAsc, "between": kBetween, "by": kBy, "case": kCase,
	"cast": kCast, "check": kCheck, "collate": kCollate, "constraint": kConstraint, "create": kCreate, "cross": kCross, "default": kDefault,
	"delete": kDelete, "desc": kDesc, "distinct": kDistinct, "drop": kDrop, "else": kElse, "end": kEnd,
	"escape": kEscape, "except": kExcept, "exists": kExists, "false": kFalse, "fetch": kFetch, "for": kFor,
	"from": kFrom, "full": kFull, "group": kGroup, "having": kHaving, "ilike": kIlike, "in": kIn, "inner": kInner,
	"insert": kInsert, "intersect": kIntersect, "interval": kInterval, "into": kInto, "is": kIs, "join": kJoin,
	"lateral": kLateral, "left": kLeft, "like": kLike, "limit": kLimit, "natural": kNatural, "not": kNot,
	"null": kNull, "offset": kOffset, "on": kOn, "or": kOr, "order": kOrder, "outer": kOuter, "over": kOver,
	"partition": kPartition, "primary": kPrimary, "qualify": kQualify, "references": kReferences,
	"returning": kReturning, "right": kRight, "select": kSelect, "set": kSet, "some": kSome, "table": kTable,
	"then": kThen, "to": kTo, "true": kTrue, "try_cast": kTryCast, "union": kUnion, "unique": kUnique,
	"update": kUpdate, "using": kUsing, "values": kValues, "when": kWhen, "where": kWhere, "window": kWindow,
	"with": kWith, "within": kWithin,

	"array": kArray, "cube": kCube, "conflict": kConflict, "current_date": kCurrentDate, "current_timestamp": kCurrentTimestamp,
	"date": kDate, "filter": kFilter, "grouping": kGrouping, "ignore": kIgnore, "if": kIf, "key": kKey, "map": kMap,
	"materialized": kMaterialized, "pivot": kPivot, "recursive": kRecursive, "respect": kRespect, "rollup": kRollup,
	"sets": kSets, "timestamp": kTimestamp, "timestamp_tz": kTimestampTZ, "unpivot": kUnpivot, "view": kView,
}

// callable are the hard keywords that are functions before a bracket.
var callable = [firstSoft]bool{kLeft: true, kRight: true, kCast: true, kTryCast: true}

// notCalled are the soft keywords that are no functions before a bracket.
var notCalled = map[keyword]bool{kConflict: true, kCube: true, kKey: true, kMaterialized: true, kRollup: true, kSets: true}

// clauses are the soft keywords that begin a clause in brackets, and are not the alias of
// a table with columns.
var clauses = map[keyword]bool{
	kConflict: true, kCube: true, kFilter: true, kKey: true, kMaterialized: true, kPivot: true, kRollup: true, kSets: true, kUnpivot: true,
}

// quoted are words that DuckDB reserves and e6data does not: a name that is one of them
// is quoted.
var quoted = map[string]bool{
	"analyse": true, "analyze": true, "anti": true, "asof": true, "asymmetric": true, "at": true, "authorization": true,
	"binary": true, "both": true, "collation": true, "column": true, "columns": true, "concurrently": true,
	"deferrable": true, "describe": true, "do": true, "foreign": true, "freeze": true, "generated": true, "glob": true,
	"initially": true, "isnull": true, "lambda": true, "leading": true, "map": true, "notnull": true, "only": true, "overlaps": true,
	"pivot_longer": true, "pivot_wider": true, "placing": true, "positional": true, "semi": true, "show": true,
	"similar": true, "struct": true, "summarize": true, "symmetric": true, "tablesample": true, "trailing": true,
	"unpack": true, "variadic": true, "verbose": true,
}

// longestWord is the length of the longest word in the maps of this package, at least.
const longestWord = 32

// fold writes a word in lower case into buf. It returns nil for a word that is too long
// or has other characters than ASCII, and so is in no map.
func fold(buf *[longestWord]byte, word string) []byte {
	if len(word) > len(buf) {
		return nil
	}
	for i := range len(word) {
		c := word[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		} else if c >= 0x80 {
			return nil
		}
		buf[i] = c
	}
	return buf[:len(word)]
}

// wordOf returns the keyword that a word is, or 0.
func wordOf(word string) keyword {
	var buf [longestWord]byte
	return keywords[string(fold(&buf, word))]
}
