namespace BorgRepo.Core.Remote;

/// <summary>Kinds of errors on the wire.</summary>
internal enum RpcErrorKind
{
    /// <summary>One of borg's classes that says all there is to know: a mistake of the user, a state of the world.</summary>
    Plain,

    /// <summary>One of borg's classes that clients show with the place where it happened.</summary>
    Traced,

    /// <summary>A class of Python's, as anything unforeseen there.</summary>
    Foreign,
}
