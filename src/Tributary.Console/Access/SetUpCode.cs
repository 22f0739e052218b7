using System.Security.Cryptography;
using System.Text;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Access;

/// <summary>
/// Proves that whoever makes the first owner has started the server: a code that is printed with the address while the console has no owner, or the
/// token of an administrator. Without it the first stranger who finds the port would own the workspace.
/// </summary>
public sealed class SetUpCode(LiveWorkspace workspace)
{
    private readonly string _code = WorkspaceSecrets.NewId();

    /// <summary>Where the first owner is made, relative to the server's address.</summary>
    public string Path => $"/setup?code={_code}";

    /// <summary>Whether a text is the code, or the token of an administrator.</summary>
    public bool Fits(string? given)
    {
        if (string.IsNullOrWhiteSpace(given)) return false;
        var text = given.Trim();
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(_code))
            || WorkspaceSecrets.Find(workspace.Current, text)?.Scopes.Contains(Scopes.Admin) == true;
    }
}
