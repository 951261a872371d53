// DuckDB has no C function that registers one of its own extensions. This file declares as much of its
// C++ classes as DuckDB::LoadStaticExtension uses, with the members of version 1.5.6: the sizes and the
// destructors follow from them. A new version of the library needs a look at its
// extension_manager.hpp, extension_loader.hpp, extension_install_info.hpp and capi_internal.hpp.

#include "load.h"

#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>

namespace duckdb {

class DatabaseInstance;
class ExtensionInfo;

class ExtensionInstallInfo {
public:
	uint8_t mode;
	std::string full_path, repository_url, version, etag;
};

class ExtensionActiveLoad {
public:
	DatabaseInstance &db;
	std::unique_lock<std::mutex> load_lock;
	ExtensionInfo &info;
	std::string extension_name;

	void FinishLoad(ExtensionInstallInfo &install_info);
};

class ExtensionLoader {
public:
	explicit ExtensionLoader(ExtensionActiveLoad &load_info);
	void FinalizeLoad();

	DatabaseInstance &db;
	std::string extension_name, extension_description;
	ExtensionInfo *extension_info;
};

class ExtensionManager {
public:
	static ExtensionManager &Get(DatabaseInstance &db);
	std::unique_ptr<ExtensionActiveLoad> BeginLoad(const std::string &name);
};

} // namespace duckdb

extern "C" void tpch_duckdb_cpp_init(duckdb::ExtensionLoader &loader);

namespace {

const uint8_t staticallyLinked = 3; // ExtensionInstallMode::STATICALLY_LINKED

// instance finds the database: a duckdb_database is a pointer to a shared_ptr<DuckDB>, and a DuckDB
// begins with a shared_ptr<DatabaseInstance>.
duckdb::DatabaseInstance &instance(void *database) {
	void *db = *static_cast<void **>(database);
	return **static_cast<duckdb::DatabaseInstance **>(db);
}

} // namespace

int e6_load_tpch(void *database, char *reason, int size) {
	try {
		auto active = duckdb::ExtensionManager::Get(instance(database)).BeginLoad("tpch");
		if (!active) {
			return 0; // it is there
		}
		duckdb::ExtensionLoader loader(*active);
		tpch_duckdb_cpp_init(loader);
		loader.FinalizeLoad();
		duckdb::ExtensionInstallInfo info;
		info.mode = staticallyLinked;
		active->FinishLoad(info);
		return 0;
	} catch (std::exception &e) {
		std::strncpy(reason, e.what(), size - 1);
	} catch (...) {
		std::strncpy(reason, "unknown exception", size - 1);
	}
	reason[size - 1] = 0;
	return 1;
}
