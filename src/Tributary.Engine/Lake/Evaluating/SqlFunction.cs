using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Native = DuckDB.NET.Native.NativeMethods;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>
/// A function of SQL that is computed by this process: for up to 2,048 rows at once, out of DuckDB's own memory, so that a value costs little more than it takes to
/// look at it. Pure, and asked about nulls too.
/// </summary>
/// <param name="Name">What SQL calls it.</param>
/// <param name="Result">What it gives.</param>
/// <param name="Parameters">What it takes.</param>
/// <param name="Fill">Computes some rows. What it throws fails the query.</param>
internal sealed record SqlFunction(string Name, DuckDBType Result, DuckDBType[] Parameters, Action<SqlRows, SqlResult> Fill)
{
    /// <summary>Makes functions known to an instance of DuckDB.</summary>
    /// <param name="connection">Any connection of the instance.</param>
    /// <param name="functions">The functions; the instance holds them until it is closed.</param>
    /// <exception cref="InvalidOperationException">DuckDB refuses one.</exception>
    public static unsafe void Register(DuckDBConnection connection, ReadOnlySpan<SqlFunction> functions)
    {
        foreach (var function in functions)
        {
            var native = Native.ScalarFunction.DuckDBCreateScalarFunction();
            try
            {
                Native.ScalarFunction.DuckDBScalarFunctionSetName(native, function.Name);
                foreach (var parameter in function.Parameters)
                {
                    using var type = Native.LogicalType.DuckDBCreateLogicalType(parameter);
                    Native.ScalarFunction.DuckDBScalarFunctionAddParameter(native, type);
                }

                using (var result = Native.LogicalType.DuckDBCreateLogicalType(function.Result)) Native.ScalarFunction.DuckDBScalarFunctionSetReturnType(native, result);
                Native.ScalarFunction.DuckDBScalarFunctionSetSpecialHandling(native);
                Native.ScalarFunction.DuckDBScalarFunctionSetExtraInfo(native, GCHandle.ToIntPtr(GCHandle.Alloc(function)), &Forget);
                Native.ScalarFunction.DuckDBScalarFunctionSetFunction(native, &Run);
                if (Native.ScalarFunction.DuckDBRegisterScalarFunction(connection.NativeConnection, native) != DuckDBState.Success)
                    throw new InvalidOperationException($"DuckDB does not take the function {function.Name}.");
            }
            finally
            {
                Native.ScalarFunction.DuckDBDestroyScalarFunction(ref native);
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Run(IntPtr info, IntPtr chunk, IntPtr result)
    {
        try
        {
            var function = (SqlFunction)GCHandle.FromIntPtr(Native.ScalarFunction.DuckDBScalarFunctionGetExtraInfo(info)).Target!;
            using var rows = new DuckDBDataChunk(chunk);
            function.Fill(new SqlRows(rows), new SqlResult(result));
        }
        catch (Exception failure)
        {
            // It must not go through DuckDB's frames.
            Native.ScalarFunction.DuckDBScalarFunctionSetError(info, failure.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Forget(IntPtr function) => GCHandle.FromIntPtr(function).Free();
}

/// <summary>Rows that a <see cref="SqlFunction"/> is asked about; valid during the call.</summary>
internal readonly struct SqlRows(DuckDBDataChunk chunk)
{
    public int Count { get; } = (int)Native.DataChunks.DuckDBDataChunkGetSize(chunk);

    /// <summary>One of the parameters.</summary>
    public SqlColumn this[int column] => new(Native.DataChunks.DuckDBDataChunkGetVector(chunk, column));
}

/// <summary>The values of one parameter.</summary>
internal readonly unsafe struct SqlColumn(IntPtr vector)
{
    private readonly void* _data = Native.Vectors.DuckDBVectorGetData(vector);
    private readonly ulong* _validity = Native.Vectors.DuckDBVectorGetValidity(vector);

    public bool IsNull(int row) => _validity != null && (_validity[row >> 6] >> (row & 63) & 1) == 0;

    /// <summary>A text in UTF-8; not asked of null.</summary>
    public ReadOnlySpan<byte> Text(int row)
    {
        // Four bytes of length, then twelve of text, or four of its beginning and where it lies.
        const int LengthInside = 12;
        var at = (byte*)_data + (row * (long)sizeof(DuckDBString));
        var length = *(int*)at;
        return new ReadOnlySpan<byte>(length <= LengthInside ? at + 4 : *(byte**)(at + 8), length);
    }

    /// <summary>A number or truth value; not asked of null.</summary>
    public T Value<T>(int row) where T : unmanaged => ((T*)_data)[row];
}

/// <summary>Where a <see cref="SqlFunction"/> puts what it finds: a value or null for each row.</summary>
internal readonly unsafe struct SqlResult(IntPtr vector)
{
    private readonly void* _data = Native.Vectors.DuckDBVectorGetData(vector);

    public void SetNull(int row)
    {
        Native.Vectors.DuckDBVectorEnsureValidityWritable(vector);
        Native.Vectors.DuckDBVectorGetValidity(vector)[row >> 6] &= ~(1UL << (row & 63));
    }

    public void Set<T>(int row, T value) where T : unmanaged => ((T*)_data)[row] = value;

    /// <summary>A number, or null.</summary>
    public void Set<T>(int row, T? value) where T : unmanaged
    {
        if (value is { } one) Set(row, one);
        else SetNull(row);
    }

    /// <summary>A text in UTF-8, which is copied.</summary>
    public void SetText(int row, ReadOnlySpan<byte> text)
    {
        fixed (byte* bytes = text) Native.Vectors.DuckDBVectorAssignStringElementLength(vector, (ulong)row, bytes, text.Length);
    }
}
