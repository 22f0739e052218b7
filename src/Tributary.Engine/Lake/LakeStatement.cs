using System.Runtime.InteropServices;
using DuckDB.NET.Native;

namespace Tributary.Engine.Lake;

/// <summary>Asks DuckDB what kind of statement it prepared. The one call of its C interface that the binding leaves out.</summary>
internal static partial class LakeStatement
{
    public static DuckDBStatementType TypeOf(DuckDBPreparedStatement prepared) => (DuckDBStatementType)PreparedStatementType(prepared.DangerousGetHandle());

    [LibraryImport("duckdb", EntryPoint = "duckdb_prepared_statement_type")]
    private static partial int PreparedStatementType(IntPtr prepared);
}
